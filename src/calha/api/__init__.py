"""HTTP: thin routes over the services, live streams, and the web app's files."""
