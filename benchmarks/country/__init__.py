"""A synthetic country: strategies with fictional contents, rendered as source documents in every layout and format.

`strategies` makes them, `render` turns one into pages of cells in a layout, `written` writes tables into files of every
format, `files` writes whole pages with the scars each format can have, `sources` the data folder of a country.
"""
