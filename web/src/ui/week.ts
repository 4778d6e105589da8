/** On which day a week begins, where the person is: Sunday in Brazil, Monday in Britain. Days as in ISO 8601, Monday 1 to Sunday 7. */

export type WeekDay = 1 | 2 | 3 | 4 | 5 | 6 | 7;

const MONDAY = 1;
const SATURDAY = 6;
const SUNDAY = 7;

// For browsers that do not know the weeks of countries; of CLDR, those with many people. All others begin on Monday.
const SUNDAY_IN = new Set("BD BR CA CO DO GT HK HN ID IL IN JM JP KE KR MX NI NP PA PE PH PK PR PT PY SA SG SV TH TW US VE YE ZA ZW".split(" "));
const SATURDAY_IN = new Set("AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY".split(" "));

interface Weeks {
  firstDay: WeekDay;
}

/** The locale of which the app speaks the language; with its country, where the browser tells it. */
export function localeOf(language: string, spoken: readonly string[] = navigator.languages): string {
  const [tongue] = language.split("-");
  return spoken.find((one) => one.split("-")[0] === tongue) ?? language;
}

export function firstDay(locale: string): WeekDay {
  const known = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => Weeks; weekInfo?: Weeks };
  return known.getWeekInfo?.().firstDay ?? known.weekInfo?.firstDay ?? firstDayIn(known.maximize().region ?? "");
}

export function firstDayIn(country: string): WeekDay {
  return SUNDAY_IN.has(country) ? SUNDAY : SATURDAY_IN.has(country) ? SATURDAY : MONDAY;
}

/** Seven things that begin with Monday's, in the order of a week that begins on another day. */
export function inWeek<One>(days: readonly One[], first: WeekDay): One[] {
  return [...days.slice(first - 1), ...days.slice(0, first - 1)];
}
