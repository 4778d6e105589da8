"""Hidrômetro Inteligente: its meters over MQTT, its pages and clients over HTTP and Socket.IO, its tariffs and months."""
