moved {
  from = flux2_image.hero
  to   = flux2_image_result.hero
}

resource "flux2_image_result" "hero" {
  request_id = "01a2167b-f32b-7907-910a-1d7ab709fadf" # as the state of the image has it
}
