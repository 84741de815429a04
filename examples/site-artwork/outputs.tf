output "page" {
  description = "The whole site as one HTML page."
  sensitive   = true # only to keep 200 lines of HTML out of the terminal
  value = templatefile("${path.module}/templates/index.html.tftpl", {
    pictures = local.pictures
    rooms    = local.rooms
  })
}

output "urls" {
  description = "Where the pictures are."
  value       = { for name, picture in local.pictures : name => picture.files[*].url }
}

output "seeds" {
  description = "The seed of each picture. All of them are known in the plan."
  value       = { for name, image in flux2_image.artwork : name => image.seed }
}
