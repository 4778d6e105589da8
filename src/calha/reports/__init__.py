"""Documents: PDFs by typst from templates that lie here, and workbooks; what users wrote is data in them."""
