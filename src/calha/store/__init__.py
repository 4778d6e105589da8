"""What is kept: telemetry in DuckDB and Parquet, the registry in a relational database."""
