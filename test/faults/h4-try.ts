import { startStack } from '../../stack/index.ts'
import { World } from './world.ts'
const t0=Date.now(); const say=(s:unknown)=>console.log(Date.now()-t0,s)
const stack = await startStack({ kafkaProperties: {'group.min.session.timeout.ms':'1000'} })
say('stack')
try {
const world = await World.open(stack); say('open')
await new Promise(r=>setTimeout(r,3000))
say(await world.caughtUp())
const second = await world.startSink(); say('second')
await world.killSink(second); say('killed')
say(await world.caughtUp()); 
const w0 = world.sinks[0]!; const t=Date.now(); await world.killSink(w0); await world.startSink(); say(['restart',Date.now()-t]); say(await world.caughtUp())
say(['since kill', Date.now()-t])
await stack.kafka.kill(); say('kafka killed'); await stack.kafka.start(); say('kafka up')
say(await world.caughtUp()); 
say(await world.finish())
} finally { await stack.stop() }
say('end')
process.exit()
