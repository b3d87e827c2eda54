"""DataFrame ⇄ request lines and result lines: the only code that knows pandas."""
