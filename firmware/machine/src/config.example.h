// Copy to config.h, which is not kept in Git, and fill in. The secret is shown once, when the device is made in Calha.
#pragma once
#define WIFI_NAME "Wokwi-GUEST"
#define WIFI_PASSWORD ""
#define CALHA_HOST "host.wokwi.internal"  // on a board: the address of the machine on which Calha runs
#define CALHA_PORT 1883
#define DEVICE "maquina-1"
#define SECRET "calha_dev_…"
#define INTERVAL_MS 5000
