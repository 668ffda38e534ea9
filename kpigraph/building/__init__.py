"""From the documents of one municipality to its parts (`place`), here, in processes beside this one or on a cluster."""
