# By the path of the file.
terraform import flux2_image_file.hero public/images/hero.png
