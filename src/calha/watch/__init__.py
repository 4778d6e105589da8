"""What watches the readings: anomalies, leaks and the analyses of water, energy, machines and cleaning."""
