import {
  to = flux2_image.hero
  id = "fal-ai/flux-2-dev/764cabcf-b745-4b3e-ae38-1200304cf45b"
}

resource "flux2_image" "hero" {
  prompt = "a lighthouse on a rocky headland above a calm sea at sunset"
}
