variable "site_url" {
  description = "Where the site will be published. Pictures that other sites show need their whole address."
  type        = string
  default     = "https://skerrow.example"
}

variable "folder" {
  description = "Where the site is made. Tests and previews take a folder of their own, so that they leave its pictures alone."
  type        = string
  default     = "public"
}

variable "budget" {
  description = "What all pictures together may cost, in US dollars, before a check warns."
  type        = number
  default     = 1
}
