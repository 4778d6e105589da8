// Shows what Calha pushes, also while no page of it is open. Kept small and without imports, as browsers keep it for long.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const told = event.data === null ? {} : event.data.json();
  const options = { body: told.body ?? "", tag: told.tag ?? "calha", icon: "/calha.svg", data: { link: told.link ?? "/" } };
  event.waitUntil(self.registration.showNotification(told.title ?? "Calha", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data.link, self.location.origin);
  const target = link.origin === self.location.origin ? link.href : self.location.origin;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const page = open.find((one) => "navigate" in one);
      return page === undefined ? self.clients.openWindow(target) : page.focus().then(() => page.navigate(target));
    }),
  );
});
