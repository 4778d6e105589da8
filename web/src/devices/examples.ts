import type { Device, Status } from "../api/client";

export interface Example {
  title: string;
  text: string;
}

interface Addresses {
  origin: string;
  mqtt: { host: string; port: number };
  tcp: { host: string; port: number } | null;
}

/** What to send with, using the addresses that this Calha really has. `secret`: the device's, or what stands for it. */
export function examples(device: Pick<Device, "key" | "channels">, status: Pick<Status, "mqtt" | "tcp">, origin: string, secret: string): Example[] {
  const host = (given: string) => (["0.0.0.0", "::"].includes(given) ? new URL(origin).hostname : given);
  const channel = device.channels.find((one) => one.kind !== "state")?.key ?? "flow";
  const addresses: Addresses = {
    origin,
    mqtt: { host: host(status.mqtt.host), port: status.mqtt.port },
    tcp: status.tcp ? { host: host(status.tcp.host), port: status.tcp.port } : null,
  };
  return [
    { title: "MQTT", text: mosquitto(device.key, channel, addresses, secret) },
    { title: "HTTP", text: curl(device.key, channel, addresses, secret) },
    ...(addresses.tcp ? [{ title: "TCP", text: netcat(device.key, channel, addresses.tcp, secret) }] : []),
    { title: "Python", text: python(device.key, channel, addresses, secret) },
    { title: "ESP32", text: arduino(device.key, channel, addresses, secret) },
  ];
}

function mosquitto(device: string, channel: string, { mqtt }: Addresses, secret: string): string {
  return [
    `mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -q 1 \\`,
    `  -u ${device} -P ${secret} \\`,
    `  -t calha/v1/${device}/telemetry -m '{"values": {"${channel}": 12.5}}'`,
  ].join("\n");
}

function curl(device: string, channel: string, { origin }: Addresses, secret: string): string {
  return [
    `curl -H 'Authorization: Bearer ${secret}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"values": {"${channel}": 12.5}}' \\`,
    `  ${origin}/api/v1/telemetry/${device}`,
  ].join("\n");
}

function netcat(device: string, channel: string, tcp: { host: string; port: number }, secret: string): string {
  return [
    `printf '%s\\n' '{"token": "${secret}"}' \\`,
    `  '{"device": "${device}", "values": {"${channel}": 12.5}}' | nc -q 1 ${tcp.host} ${tcp.port}`,
  ].join("\n");
}

function python(device: string, channel: string, { mqtt }: Addresses, secret: string): string {
  return `# pip install paho-mqtt
import json
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="${device}")
client.username_pw_set("${device}", "${secret}")
client.connect("${mqtt.host}", ${mqtt.port})
client.loop_start()
message = json.dumps({"values": {"${channel}": 12.5}})
client.publish("calha/v1/${device}/telemetry", message, qos=1).wait_for_publish(10)
client.disconnect()`;
}

function arduino(device: string, channel: string, { mqtt }: Addresses, secret: string): string {
  return `// Arduino IDE: ESP32, library PubSubClient
#include <WiFi.h>
#include <PubSubClient.h>

WiFiClient network;
PubSubClient mqtt(network);

void setup() {
  WiFi.begin("WIFI_NAME", "WIFI_PASSWORD");
  while (WiFi.status() != WL_CONNECTED) delay(200);
  mqtt.setServer("${mqtt.host}", ${mqtt.port});
}

void loop() {
  while (!mqtt.connected()) {
    if (!mqtt.connect("${device}", "${device}", "${secret}")) delay(5000);
  }
  char message[64];
  snprintf(message, sizeof message, "{\\"values\\": {\\"${channel}\\": %.2f}}", analogRead(34) * 0.01);
  mqtt.publish("calha/v1/${device}/telemetry", message);
  mqtt.loop();
  delay(5000);
}`;
}
