# Three different pictures from one prompt. Without keepers all three would have
# the same derived seed: the same picture, paid for three times.
resource "flux2_image" "variation" {
  count = 3

  prompt     = "a mountain lake in morning mist, pine forest on the far shore"
  image_size = "square_hd"

  keepers = { i = count.index }
}

# A pinned seed stays when the prompt is reworded.
resource "flux2_image" "pinned" {
  prompt = "a mountain lake in winter, snow on the pines"
  seed   = 1906
}
