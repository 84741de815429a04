locals {
  # A picture that has size and format already is encoded anew, too, if a quality
  # is asked for.
  quality = { avif = 60, webp = 80, jpeg = 80 }

  # Each picture of each artwork: hero, but postcard-1 and postcard-2.
  pictures = merge([
    for name, artwork in local.artworks : {
      for i in range(artwork.copies) : (artwork.copies > 1 ? "${name}-${i + 1}" : name) => {
        artwork = name
        index   = i
      }
    }
  ]...)

  urls = { for name, picture in local.pictures : name => flux2_image.artwork[picture.artwork].images[picture.index].url }

  # Each picture in each of its widths and in each format: hero-640.avif.
  responsive = merge([
    for name, picture in local.pictures : {
      for one in setproduct(local.artworks[picture.artwork].widths, local.artworks[picture.artwork].formats) :
      "${name}-${one[0]}.${one[1]}" => {
        picture   = name
        transform = { width = one[0], format = one[1], quality = local.quality[one[1]] }
      }
    }
  ]...)

  # The icon of a browser's tab, of a phone by Apple, and of others.
  icons = {
    for size in [32, 180, 192, 512] : "icon-${size}.png" => {
      picture   = "favicon"
      transform = { width = size, height = size, format = "png" }
    }
  }

  # What others show who link to the site. They want this very size.
  cards = {
    "card.jpeg" = {
      picture   = "share"
      transform = { width = 1200, height = 630, format = "jpeg" }
    }
  }

  files = merge(local.responsive, local.icons, local.cards)
}

# The files of the site, next to the page. All of them are made here, from what
# fal was paid for once. One that gets lost is made again, which costs nothing.
resource "flux2_image_file" "picture" {
  for_each = local.files

  url       = local.urls[each.value.picture]
  path      = "${path.module}/${var.folder}/images/${each.key}"
  transform = each.value.transform
}
