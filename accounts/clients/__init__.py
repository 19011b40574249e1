"""What is known of who asks: address, browser, how much has been asked before."""
