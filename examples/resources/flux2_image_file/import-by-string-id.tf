import {
  to = flux2_image_file.hero
  id = "public/images/hero.png"
}

resource "flux2_image_file" "hero" {
  url  = "https://v3b.fal.media/files/b/0a1b2c3d/hero.png"
  path = "public/images/hero.png"
}
