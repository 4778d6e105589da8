"""The durable log on nats-server: what is acknowledged to a sender is in here, on disk, before."""
