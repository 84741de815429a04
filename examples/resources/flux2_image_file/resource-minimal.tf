resource "flux2_image" "hero" {
  prompt = "a lighthouse on a rocky headland above a calm sea at sunset"
}

resource "flux2_image_file" "hero" {
  url  = flux2_image.hero.url
  path = "${path.module}/public/images/hero.png"
}
