"""From bytes to the durable log (decode, validate, quarantine) and from the log into the store (the writer)."""
