// Shows what Calha pushes, also while no page of it is open. Without imports, as browsers keep it for long.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const told = event.data === null ? {} : event.data.json();
  const options = {
    body: told.body ?? "",
    tag: told.tag ?? "calha",
    icon: "/calha.svg",
    data: { link: told.link ?? "/", acknowledge: told.acknowledge ?? null },
    actions: told.acknowledge === undefined ? [] : [{ action: "acknowledge", title: told.button }],
  };
  event.waitUntil(self.registration.showNotification(told.title ?? "Calha", options));
});

/** An address of this Calha, and its first page in place of any other. */
function own(address) {
  const link = new URL(address, self.location.origin);
  return link.origin === self.location.origin ? link.href : self.location.origin;
}

self.addEventListener("notificationclick", (event) => {
  const { link, acknowledge } = event.notification.data;
  const target = own(event.action === "acknowledge" && acknowledge !== null ? acknowledge : link);
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const page = open.find((one) => "navigate" in one);
      return page === undefined ? self.clients.openWindow(target) : Promise.all([page.focus(), page.navigate(target)]);
    }),
  );
});
