output "page" {
  description = "The page of the site, for public/index.html."
  sensitive   = true # only to keep 200 lines of HTML out of the terminal
  value = templatefile("${path.module}/templates/index.html.tftpl", {
    html      = local.html
    postcards = [for name, picture in local.pictures : local.html[name] if picture.artwork == "postcard"]
    card      = flux2_image_file.picture["card.jpeg"]
    images    = flux2_image.artwork
    artworks  = local.artworks
    rooms     = local.rooms
    site_url  = var.site_url
  })
}

output "manifest" {
  description = "The icons of the site, for public/site.webmanifest."
  value       = local.manifest
}

output "files" {
  description = "Where the pictures are, and what they hash to: all that an upload has to know."
  value       = { for file in flux2_image_file.picture : file.path => file.sha256 }
}

output "seeds" {
  description = "The seed of each picture. All of them are known in the plan."
  value       = { for name, image in flux2_image.artwork : name => image.seed }
}
