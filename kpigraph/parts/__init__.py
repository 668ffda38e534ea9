"""What a publication is put together from: parts, each made once from what it depends on, and kept.

`part` is their file, `cache` the folder they are kept in, `making` makes them of quads.
"""
