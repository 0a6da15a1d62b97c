import KassaApp

await KassaCommand.start()
