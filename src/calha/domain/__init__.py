"""Pure types and arithmetic: readings, quality, time, profiles. No I/O, no clock."""
