import type { components } from "../api/schema";

export type Invoice = components["schemas"]["InvoiceAnswer"];
export type InvoiceWhole = components["schemas"]["InvoiceWhole"];
export type Bill = components["schemas"]["BillAnswer"];
export type Line = components["schemas"]["LineAnswer"];
export type Customer = components["schemas"]["Customer"];
export type Contract = components["schemas"]["Contract"];
export type Tariff = components["schemas"]["TariffAnswer"];
export type TariffWhole = components["schemas"]["TariffWhole"];
export type Forecast = components["schemas"]["ForecastAnswer"];
export type Run = components["schemas"]["RunAnswer"];
export type Payment = components["schemas"]["PaymentAnswer"];
