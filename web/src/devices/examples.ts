import type { Device, Status } from "../api/client";

export interface Example {
  title: string;
  text: string;
}

/** How to reach a port. trusts: a file with the authority of its certificate, where browsers and devices do not know it. */
interface Door {
  host: string;
  port: number;
  tls: boolean;
  trusts: string | null;
}

interface Doors {
  origin: string;
  /** The text of the local authority's certificate, once it is known. */
  authority: string | undefined;
  /** What curl has to be told to believe the origin. */
  curl: string;
  mqtt: Door;
  tcp: Door | null;
}

/** What the file with the local authority's certificate is called, as it is downloaded and in the examples. */
export const AUTHORITY_FILE = "ca.pem";
const PEM_TO_PASTE = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----";
export const AUTHORITY_ADDRESS = "/api/v1/tls/authority";

export type Ports = Pick<Status, "mqtt" | "tcp" | "http" | "local_authority">;

/**
 * What to send with, using the addresses that this Calha really has. `secret`: the device's, or what stands for it.
 * `authority`: the certificate (PEM) of the local one.
 */
export function examples(device: Pick<Device, "key" | "channels">, status: Ports, origin: string, secret: string, authority?: string): Example[] {
  const door = ({ host, port, tls }: Ports["mqtt"]): Door => ({
    host: ["0.0.0.0", "::"].includes(host) ? new URL(origin).hostname : host,
    port,
    tls,
    trusts: tls && status.local_authority ? AUTHORITY_FILE : null,
  });
  const channel = device.channels.find((one) => one.kind !== "state")?.key ?? "flow";
  const doors: Doors = { origin, authority: authority?.trim(), curl: curlFor(status), mqtt: door(status.mqtt), tcp: status.tcp ? door(status.tcp) : null };
  return [
    { title: "MQTT", text: mosquitto(device.key, channel, doors, secret) },
    { title: "HTTP", text: curl(device.key, channel, doors, secret) },
    ...(doors.tcp ? [{ title: "TCP", text: lines(device.key, channel, doors.tcp, secret) }] : []),
    { title: "Python", text: python(device.key, channel, doors, secret) },
    { title: "ESP32", text: arduino(device.key, channel, doors, secret) },
  ];
}

/** `curl`, and the authority of our certificate where it would not believe that. */
export function curlFor(status: Pick<Ports, "http" | "local_authority">): string {
  return status.http.tls && status.local_authority ? `curl --cacert ${AUTHORITY_FILE}` : "curl";
}

/** Whether somebody who follows the examples needs the file of the local authority. */
export function needsAuthority({ mqtt, tcp, http, local_authority: isLocal }: Ports): boolean {
  return isLocal && (mqtt.tls || http.tls || tcp?.tls === true);
}

function mosquitto(device: string, channel: string, { mqtt }: Doors, secret: string): string {
  const trust = mqtt.trusts === null ? "--tls-use-os-certs" : `--cafile ${mqtt.trusts}`;
  return [
    `mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -q 1 \\`,
    ...(mqtt.tls ? [`  ${trust} \\`] : []),
    `  -u ${device} -P ${secret} \\`,
    `  -t calha/v1/${device}/telemetry -m '{"values": {"${channel}": 12.5}}'`,
  ].join("\n");
}

function curl(device: string, channel: string, { origin, curl: command }: Doors, secret: string): string {
  return [
    `${command} -H 'Authorization: Bearer ${secret}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"values": {"${channel}": 12.5}}' \\`,
    `  ${origin}/api/v1/telemetry/${device}`,
  ].join("\n");
}

function lines(device: string, channel: string, tcp: Door, secret: string): string {
  const said = [`'{"token": "${secret}"}'`, `'{"device": "${device}", "values": {"${channel}": 12.5}}'`];
  if (!tcp.tls) return [`printf '%s\\n' ${said[0]} \\`, `  ${said[1]} | nc -q 1 ${tcp.host} ${tcp.port}`].join("\n");
  return [
    `(printf '%s\\n' ${said[0]} \\`,
    `  ${said[1]}; sleep 1) |`,
    `  openssl s_client -quiet -no_ign_eof -verify_return_error${tcp.trusts === null ? "" : ` -CAfile ${tcp.trusts}`} \\`,
    `  -connect ${tcp.host}:${tcp.port}`,
  ].join("\n");
}

function python(device: string, channel: string, { mqtt }: Doors, secret: string): string {
  const tls = mqtt.tls ? `\nclient.tls_set(${mqtt.trusts === null ? "" : `"${mqtt.trusts}"`})` : "";
  return `# pip install paho-mqtt
import json
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="${device}")
client.username_pw_set("${device}", "${secret}")${tls}
client.connect("${mqtt.host}", ${mqtt.port})
client.loop_start()
message = json.dumps({"values": {"${channel}": 12.5}})
client.publish("calha/v1/${device}/telemetry", message, qos=1).wait_for_publish(10)
client.disconnect()`;
}

function arduino(device: string, channel: string, { mqtt, authority }: Doors, secret: string): string {
  const known = `// ${mqtt.trusts ?? "The certificate of the authority that signed this server's (PEM)"}
const char AUTHORITY[] = R"(${(mqtt.trusts === null ? undefined : authority) ?? PEM_TO_PASTE})";

`;
  const trust = `
  configTime(0, 0, "pool.ntp.org");  // a certificate holds for a time, so the clock has to be right
  while (time(nullptr) < 1700000000) delay(200);
  network.setCACert(AUTHORITY);`;
  return `// Arduino IDE: ESP32, library PubSubClient
#include <WiFi.h>
${mqtt.tls ? "#include <WiFiClientSecure.h>\n" : ""}#include <PubSubClient.h>

${mqtt.tls ? known : ""}${mqtt.tls ? "WiFiClientSecure" : "WiFiClient"} network;
PubSubClient mqtt(network);

void setup() {
  WiFi.begin("WIFI_NAME", "WIFI_PASSWORD");
  while (WiFi.status() != WL_CONNECTED) delay(200);${mqtt.tls ? trust : ""}
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
