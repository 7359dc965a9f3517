import { Create } from "@/features/create";
import { Director } from "@/features/director";

export default function Page() {
  return <Create aside={<Director />} />;
}
