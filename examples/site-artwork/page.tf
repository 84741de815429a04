locals {
  # Each picture as the page has it, with all its widths and formats.
  html = {
    for name, picture in local.pictures : name => templatefile("${path.module}/templates/picture.html.tftpl", {
      name    = name
      alt     = local.artworks[picture.artwork].alt
      widths  = local.artworks[picture.artwork].widths
      sizes   = local.artworks[picture.artwork].sizes
      formats = local.artworks[picture.artwork].formats
      loading = name == "hero" ? "eager" : "lazy" # the first thing that is seen
      # For browsers that choose nothing, and for the room that the page leaves.
      largest = flux2_image_file.picture["${name}-${max(local.artworks[picture.artwork].widths...)}.jpeg"]
    }) if length(local.artworks[picture.artwork].widths) > 0
  }

  # Where a phone finds the icons, if the site is put on its home screen.
  manifest = jsonencode({
    name             = "Skerrow Light"
    start_url        = "."
    display          = "browser"
    background_color = "#fbf8f1"
    theme_color      = "#14213a"
    icons = [
      for name in ["icon-192.png", "icon-512.png"] : {
        src   = "images/${name}"
        type  = "image/png"
        sizes = "${flux2_image_file.picture[name].width}x${flux2_image_file.picture[name].height}"
      }
    ]
  })
}
