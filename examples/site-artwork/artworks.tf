# Every picture of the site. A new entry here is a new image; a changed prompt,
# size or format replaces one. That is what fal bills. What the site makes of a
# picture is free: its widths, and the words for those who can't see it.
locals {
  artworks = {
    hero = {
      prompt = "a white lighthouse on a headland above a calm sea at sunset, low golden light, layers of mist over the water, wide cinematic view"
      width  = 1792
      height = 768
      format = "jpeg"
      copies = 1

      alt    = "The lighthouse on its headland at sunset"
      widths = [640, 1280, 1792]
      # Browsers take the first that they know, and all know the last.
      formats = ["avif", "webp", "jpeg"]
      # How wide the page shows it. Tall windows crop it: then it has to be wider.
      sizes = "(min-width: 64rem) max(100vw, 80rem), (min-width: 40rem) 100vw, 150vw"
    }
    lens = {
      prompt = "the rings and prisms of a great Fresnel lens as a geometric bauhaus poster, amber and teal"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1

      alt     = "A poster of the great lens, all rings and prisms"
      widths  = [360, 720, 1024]
      formats = ["webp", "jpeg"]
      sizes   = local.beside_words
    }
    night = {
      prompt = "a lighthouse beam over dark waves at night, stars and a thin moon above the ocean"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1

      alt     = "The beam over the sea on a starry night"
      widths  = [360, 720, 1024]
      formats = ["webp", "jpeg"]
      sizes   = local.beside_words
    }
    garden = {
      prompt = "wild flowers of a sheltered island garden, sea pinks, poppies and thrift, botanical illustration"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1

      alt     = "Flowers of the walled garden"
      widths  = [360, 720, 1024]
      formats = ["webp", "jpeg"]
      sizes   = local.beside_words
    }
    postcard = {
      prompt = "mountain ridges falling to the sea in blue morning mist, a tiny lighthouse far away, screen print"
      width  = 960
      height = 640
      format = "jpeg"
      copies = 2

      alt     = "The coast in morning mist, a picture postcard"
      widths  = [480, 960]
      formats = ["webp", "jpeg"]
      sizes   = "(min-width: 45rem) 26rem, calc(100vw - 4.6rem)"
    }
    share = {
      prompt = "a lighthouse above a misty sea at dawn, soft pink and gold sky, calm water, room for a title"
      width  = 1216
      height = 640
      format = "jpeg"
      copies = 1

      alt     = "The lighthouse at dawn"
      widths  = [400, 800, 1216]
      formats = ["webp", "jpeg"]
      sizes   = "min(72rem, 100vw - 3rem)"
    }
    favicon = {
      prompt = "a flat icon of a lighthouse above a wave, bold simple shapes, navy and amber, centred logo"
      width  = 512
      height = 512
      format = "png"
      copies = 1

      alt     = "Lighthouse icon"
      widths  = [] # only as icons
      formats = []
      sizes   = ""
    }
  }

  # Pictures of rooms share a row with their words, where there is room for both.
  beside_words = "(min-width: 50rem) min(40rem, 55vw), calc(100vw - 3rem)"
}
