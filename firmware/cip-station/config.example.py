"""Copy to config.py, which is not kept in Git, and fill in. The secret is shown once, when the device is made in Calha."""

WIFI_NAME, WIFI_PASSWORD = "Wokwi-GUEST", ""
HOST, PORT = "host.wokwi.internal", 1883  # on a board: the address of the machine on which Calha runs
DEVICE, SECRET = "cip-1", "calha_dev_…"
EACH_MS = 1000
PULSES_PER_LITRE = 60
SECONDS_A_MINUTE = 60  # fewer to see a recipe go by quickly
