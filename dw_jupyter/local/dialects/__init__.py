"""The forms in which a model is asked: chat, and those that are translated to chat and back."""
