"""What the sandbox sees in pictures, apart from any wire protocol: faces, who they are and what they show, things, text, nudity."""
