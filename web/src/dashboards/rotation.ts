/** How long a dashboard stays on a screen that shows several, in seconds. */
export const EVERY_S = 30;
export const LEAST_S = 5;
export const MOST_S = 3_600;
