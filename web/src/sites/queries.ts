/** The sites that one may see, parents before children, as all pages ask for them. */

import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client";

export const sitesQuery = queryOptions({ queryKey: ["sites"], queryFn: () => take(api.GET("/api/v1/sites")) });
