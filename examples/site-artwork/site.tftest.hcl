# "$flux2" emulate -- terraform test, where flux2 is the provider's program: see README.md
#
# No key that fal accepts: without the emulator these tests fail, and cost
# nothing.
provider "flux2" {
  api_key     = "for-the:emulator"
  image_store = "test/.flux2"
}

# The pictures of the site itself are in another folder, and stay as they are. So
# do the notes about them, in another store.
variables {
  folder = "test"
}

run "the_plan_knows_all_seeds" {
  command = plan

  # Nothing but the pictures: the check on their files has to wait for them.
  plan_options {
    target = [flux2_image.artwork]
  }

  assert {
    condition     = length(distinct([for image in flux2_image.artwork : image.seed])) == length(local.artworks)
    error_message = "Two artworks have the same seed: they would be one picture, paid for twice."
  }
}

run "the_site_is_made" {
  assert {
    condition     = alltrue([for file in flux2_image_file.picture : file.present])
    error_message = "A picture is not on disk."
  }

  assert {
    condition = alltrue(flatten([
      for name, image in flux2_image.artwork : [
        for delivered in image.images :
        delivered.width == local.artworks[name].width && delivered.height == local.artworks[name].height
      ]
    ]))
    error_message = "A picture was not delivered in the size that it was declared with."
  }

  assert {
    condition = alltrue(flatten([
      for name, image in flux2_image.artwork : [
        for delivered in image.images : delivered.content_type == "image/${local.artworks[name].format}"
      ]
    ]))
    error_message = "A picture was not delivered in the format that it was declared with."
  }

  assert {
    condition = alltrue([
      for key, file in flux2_image_file.picture :
      file.width == local.files[key].transform.width &&
      file.content_type == "image/${local.files[key].transform.format}"
    ])
    error_message = "A file does not have the width or the format of its name."
  }

  assert {
    condition = alltrue(concat(
      [for key in keys(local.icons) : flux2_image_file.picture[key].height == flux2_image_file.picture[key].width],
      [for key in keys(local.cards) : flux2_image_file.picture[key].height == 630],
    ))
    error_message = "An icon is not square, or a card has not the size that other sites want."
  }

  # However many files are made of it, a picture is paid for once.
  assert {
    condition     = length(distinct([for file in flux2_image_file.picture : file.source_sha256])) == length(local.pictures)
    error_message = "Some files were made of another picture than they should be."
  }

  assert {
    condition     = alltrue([for key in keys(local.files) : strcontains("${output.page} ${output.manifest}", "images/${key}")])
    error_message = "A picture is not on the page."
  }

  assert {
    condition     = alltrue([for room in local.rooms : strcontains(output.page, room.title)])
    error_message = "A room is not on the page."
  }
}

# All of the page is known in the plan: nothing is left to generate.
run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = length(output.page) > 0 && alltrue([for file in flux2_image_file.picture : file.present])
    error_message = "A second run would change the page."
  }
}
