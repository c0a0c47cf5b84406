import { randomInt } from 'node:crypto'

const ADJECTIVES =
  'amber autumn blue bold brave bright broad calm clear clever cold cool crimson curly damp dark dawn deep eager early fair fancy fast fine fresh frosty gentle glad golden grand green happy hidden holy icy jolly keen kind late lively long lucky misty noble odd old open pale patient plain polished proud quick quiet rapid red rosy round royal shiny short shy silent small smooth snowy soft solid sparkling spring square steep still summer sunny super sweet swift tall tender tidy tiny twilight violet warm weathered white wide wild winter wise young'.split(
    ' ',
  )
const NOUNS =
  'bird boat bonus bread breeze brook bush butterfly cake cell cherry cloud credit darkness dawn dew disk dream dust feather field fire firefly flower fog forest frog frost glade glitter grass hall hat haze heart hill king lab lake leaf limit math meadow mode moon morning mountain mouse mud night paper pine poetry pond queen rain recipe resonance rice river salad scene sea shadow shape silence sky smoke snow snowflake sound star sun sunset surf term thunder tooth tree truth union unit violet voice water waterfall wave wildflower wind wood'.split(
    ' ',
  )

/** For a visitor who gives no name: `quiet-river-417`. */
export function randomName(): string {
  return `${ADJECTIVES[randomInt(ADJECTIVES.length)]}-${NOUNS[randomInt(NOUNS.length)]}-${randomInt(1000)}`
}
