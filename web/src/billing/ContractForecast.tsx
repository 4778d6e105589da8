import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { Loaded } from "../ui/Loaded";
import { ForecastNote } from "./ForecastNote";

/** The running cycle of a contract, for who bills it. */
export function ContractForecast({ number }: { number: string }) {
  const forecast = useQuery({
    queryKey: ["forecast", number],
    queryFn: () => take(api.GET("/api/v1/contracts/{number}/forecast", { params: { path: { number } } })),
  });
  return (
    <Loaded query={forecast} height={40}>
      {(found) => <ForecastNote forecast={found} />}
    </Loaded>
  );
}
