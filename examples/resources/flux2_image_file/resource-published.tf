# Published elsewhere, so that it need not stay on this machine: nothing is planned
# while it is missing. Whoever needs it here again sets on_missing = "restore", and
# the published copy serves as well as fal's.
resource "flux2_image" "poster" {
  prompt        = "an empty harbour in morning fog, two-colour screen print"
  output_format = "webp"
}

resource "flux2_image_file" "poster" {
  url        = flux2_image.poster.url
  mirrors    = ["https://cdn.example.com/images/poster.webp"]
  path       = "${path.module}/public/images/poster.webp"
  on_missing = "ignore"
}
