"""IPython and widgets: the cell, the live view and what stays of it in a saved notebook. Knows ``job``."""
