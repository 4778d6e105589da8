import type { Device, Status } from "../api/client";

export interface Example {
  title: string;
  text: string;
}

/** Commands that send a first reading, with the addresses that this Calha really has. */
export function examples(device: Pick<Device, "key" | "channels">, status: Status, origin: string): Example[] {
  const host = (given: string) => (["0.0.0.0", "::"].includes(given) ? new URL(origin).hostname : given);
  const key = device.channels.find((channel) => channel.kind !== "state")?.key ?? "flow";
  const mqtt = { host: host(status.mqtt.host), port: status.mqtt.port };
  const found: Example[] = [
    {
      title: "MQTT",
      text: `mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -q 1 -t calha/v1/${device.key}/telemetry -m '{"values": {"${key}": 12.5}}'`,
    },
    {
      title: "HTTP",
      text: `curl -H 'Content-Type: application/json' -d '{"values": {"${key}": 12.5}}' ${origin}/api/v1/telemetry/${device.key}`,
    },
    {
      title: "Python",
      text: [
        "import json, urllib.request",
        `body = json.dumps({"values": {"${key}": 12.5}}).encode()`,
        `request = urllib.request.Request("${origin}/api/v1/telemetry/${device.key}", body, {"Content-Type": "application/json"})`,
        "print(urllib.request.urlopen(request).read().decode())",
      ].join("\n"),
    },
  ];
  if (status.tcp) {
    found.push({ title: "TCP", text: `echo '{"device": "${device.key}", "values": {"${key}": 12.5}}' | nc -q 1 ${host(status.tcp.host)} ${status.tcp.port}` });
  }
  return found;
}
