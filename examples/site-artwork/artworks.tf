# Every picture of the site. A new entry here is a new image; a changed prompt,
# size or format replaces one.
locals {
  artworks = {
    hero = {
      prompt = "a white lighthouse on a headland above a calm sea at sunset, low golden light, layers of mist over the water, wide cinematic view"
      alt    = "The lighthouse on its headland at sunset"
      width  = 1792
      height = 768
      format = "jpeg"
      copies = 1
    }
    lens = {
      prompt = "the rings and prisms of a great Fresnel lens as a geometric bauhaus poster, amber and teal"
      alt    = "A poster of the great lens, all rings and prisms"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1
    }
    night = {
      prompt = "a lighthouse beam over dark waves at night, stars and a thin moon above the ocean"
      alt    = "The beam over the sea on a starry night"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1
    }
    garden = {
      prompt = "wild flowers of a sheltered island garden, sea pinks, poppies and thrift, botanical illustration"
      alt    = "Flowers of the walled garden"
      width  = 1024
      height = 768
      format = "webp"
      copies = 1
    }
    postcard = {
      prompt = "mountain ridges falling to the sea in blue morning mist, a tiny lighthouse far away, screen print"
      alt    = "The coast in morning mist, a picture postcard"
      width  = 960
      height = 640
      format = "jpeg"
      copies = 2
    }
    share = {
      prompt = "a lighthouse above a misty sea at dawn, soft pink and gold sky, calm water, room for a title"
      alt    = "The lighthouse at dawn"
      width  = 1216
      height = 640
      format = "jpeg"
      copies = 1
    }
    favicon = {
      prompt = "a flat icon of a lighthouse above a wave, bold simple shapes, navy and amber, centred logo"
      alt    = "Lighthouse icon"
      width  = 512
      height = 512
      format = "png"
      copies = 1
    }
  }
}
