import type { MetadataRoute } from "next";

export const dynamic = "force-static";

export default function manifest(): MetadataRoute.Manifest {
  const picture = (size: number, purpose?: "maskable") => ({
    src: `/icons/${purpose ?? "icon"}-${size}.png`,
    sizes: `${size}x${size}`,
    type: "image/png",
    ...(purpose && { purpose }),
  });
  return {
    id: "/",
    name: "MediaForge",
    short_name: "MediaForge",
    description: "Images and videos from a prompt.",
    start_url: "/",
    display: "standalone",
    background_color: "#0f1014",
    theme_color: "#0f1014",
    icons: [picture(192), picture(512), picture(192, "maskable"), picture(512, "maskable")],
    shortcuts: [
      { name: "Create", url: "/" },
      { name: "Library", url: "/library" },
    ],
  };
}
