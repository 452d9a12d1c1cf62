"""What newcomers and operators meet first, tried as they would."""
