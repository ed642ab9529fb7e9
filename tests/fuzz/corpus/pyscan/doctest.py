def f():
  """Doc.

  >>> from a import b, c
  >>> import d as e, f
  ... from g import (h)
  """
resources.files("x")
if __name__ == "__main__": pytest.main([__file__])
