"""Documents on paper: made by typst from templates that lie here, with whatever users wrote passed as data."""
