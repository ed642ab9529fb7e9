"""The shop at the command line."""
__version__ = "0.3"
