import type { components } from "../api/schema";

export type OwnChannel = components["schemas"]["ChannelOfOwner"];
export type NewChannel = components["schemas"]["NewNotifyChannel"];
export type Preferences = components["schemas"]["NotifyPreferences"];
export type OwnPreferences = components["schemas"]["OwnPreferences"];
export type Delivery = components["schemas"]["DeliveryAnswer"];
export type Team = components["schemas"]["TeamAnswer"];
export type Chain = components["schemas"]["ChainAnswer"];
export type ChainBody = components["schemas"]["ChainBody"];
export type Priority = components["schemas"]["Priority"];

export const PRIORITIES: readonly Priority[] = ["low", "medium", "high", "critical"];

/** Of who has chosen nothing yet, as the server takes them. */
export const USUAL: Preferences = { least: "low", urgent: "critical", digest_min: 0, tells_end: true, follows: false, per_hour: 30 };

/** What can be done with the channels of a person or of a team. */
export interface ChannelCalls {
  add: (channel: NewChannel) => Promise<components["schemas"]["ChannelMade"]>;
  change: (id: number, change: components["schemas"]["NotifyChannelChange"]) => Promise<unknown>;
  remove: (id: number) => Promise<unknown>;
  test: (id: number) => Promise<components["schemas"]["ChannelTest"]>;
}

/** How an address of a service begins that most people ask for, with its parts in words. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  tgram: "tgram://123456789:AbCdEf…/987654321",
  whatsapp: "whatsapp://TOKEN@PHONE_ID/+5511999999999",
  whapi: "whapi://TOKEN/+5511999999999",
  slack: "slack://TOKEN_A/TOKEN_B/TOKEN_C",
  discord: "discord://WEBHOOK_ID/WEBHOOK_TOKEN",
  gchat: "gchat://WORKSPACE/KEY/TOKEN",
  twilio: "twilio://ACCOUNT:TOKEN@+15550000000/+5511999999999",
  ntfys: "ntfys://ntfy.sh/TOPIC",
  workflows: "workflows://HOST/WORKFLOW/SIGNATURE",
  evolutions: "evolutions://APIKEY@HOST/INSTANCE/5511999999999",
};

/** Services by name, each once, with the safer of its schemes. */
export function servicesIn(known: Readonly<Record<string, string>>): { scheme: string; name: string }[] {
  const found = new Map<string, string>();
  for (const [scheme, name] of Object.entries(known)) found.set(name, scheme);
  return [...found].map(([name, scheme]) => ({ scheme, name })).sort((one, other) => one.name.localeCompare(other.name));
}
