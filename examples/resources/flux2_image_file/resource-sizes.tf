# One paid picture, and all that a page needs of it: three widths in three formats, a
# card for social media and two icons. They are made on this machine, for nothing.
locals {
  widths  = [1440, 800, 390]
  formats = { avif = "avif", webp = "webp", jpg = "jpeg" }

  copies = merge([
    for ending, format in local.formats : {
      for width in local.widths : "banner-${width}.${ending}" => { width = width, format = format }
    }
  ]...)
}

resource "flux2_image" "banner" {
  prompt            = "terraced rice fields after rain, seen from above, gouache"
  custom_image_size = { width = 1792, height = 768 }
}

resource "flux2_image_file" "copy" {
  for_each = local.copies

  url       = flux2_image.banner.url
  path      = "${path.module}/public/images/${each.key}"
  transform = each.value
}

resource "flux2_image_file" "banner_card" {
  url       = flux2_image.banner.url
  path      = "${path.module}/public/images/banner-card.jpg"
  transform = { width = 1200, height = 630, format = "jpeg", quality = 85 }
}

resource "flux2_image_file" "icon" {
  for_each = toset(["32", "180"])

  url       = flux2_image.banner.url
  path      = "${path.module}/public/icon-${each.key}.png"
  transform = { width = tonumber(each.key), height = tonumber(each.key), format = "png" }
}

output "banner_srcset" {
  value = {
    for ending, format in local.formats : format => join(", ", [
      for width in local.widths : "images/banner-${width}.${ending} ${flux2_image_file.copy["banner-${width}.${ending}"].width}w"
    ])
  }
}
