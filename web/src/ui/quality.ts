const BAD = new Set(["bad", "no_communication", "sensor_failure", "not_configured", "out_of_service"]);

/** Whether a reading of that quality has no value that may be used. */
export function isBad(quality: string): boolean {
  return BAD.has(quality);
}
