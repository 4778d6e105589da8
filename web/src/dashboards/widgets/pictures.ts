import { useQuery } from "@tanstack/react-query";
import { useShown } from "../source";

/** A picture as an address that the page may show: `data:`, because its policy lets nothing else in. */
export function usePicture(file: number) {
  const { source } = useShown();
  return useQuery({
    queryKey: ["dashboards", source.key, "file", file],
    queryFn: async () => {
      const blob = await source.file(file);
      return { address: await addressOf(blob), text: blob.type.startsWith("image/svg") ? await blob.text() : "" };
    },
    staleTime: Infinity,
  });
}

function addressOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(typeof reader.result === "string" ? reader.result : "");
    reader.onerror = () => reject(new Error("the picture cannot be read"));
    reader.readAsDataURL(blob);
  });
}
